"""Tests of VinePPO."""
