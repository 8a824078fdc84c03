"""From a downloaded archive to a data set in place."""
