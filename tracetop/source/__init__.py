"""Where frames come from: a tracer process on this machine. Starts the tracer, never imports it."""
