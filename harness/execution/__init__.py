"""Running cells: here or by a fleet of workers. The fleet, the queue and the events load no torch."""
