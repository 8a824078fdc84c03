"""What happens inside one cell: fit, maps, metrics, costs, record. Knows no Ray and no other process."""
