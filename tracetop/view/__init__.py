"""Frames as columns, histograms, call trees and strings, for every reader: dashboard, text, JSON.

In come the types of `model.frame`, out go escaped strings of known width. Pure: no widgets, no colours, no I/O.
"""
