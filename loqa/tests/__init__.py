"""Tests of loqa."""
