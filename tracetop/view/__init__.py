"""Pure functions from a Frame to what a reader shows: columns, strings, histograms, call trees, flame layouts."""
