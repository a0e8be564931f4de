"""Tests of Advantage Alignment."""
