"""The demonstration: a Redis Sentinel cluster, split in two and healed, measured."""
