/* Empty: libbcc brings its own copy of the kernel header of this name. */
