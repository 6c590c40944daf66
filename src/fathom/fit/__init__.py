"""The training loop and its resources; knows objectives and batches, never data, tasks or
families.
"""
