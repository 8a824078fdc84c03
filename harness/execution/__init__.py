"""Who runs cells: this process, or Ray actors on one machine or a cluster. Loads neither Ray nor torch."""
