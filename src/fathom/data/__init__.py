"""Raw files to typed examples to batches."""
