"""Tests of meta_value."""
