"""What stands beside the journal and is not derived from it: backed up, or given again by headquarters."""
