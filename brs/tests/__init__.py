"""Tests of brs."""
