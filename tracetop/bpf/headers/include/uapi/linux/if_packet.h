/* Empty: libbcc includes it, programs that trace need nothing of it. */
