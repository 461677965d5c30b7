"""ctypes."""
