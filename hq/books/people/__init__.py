"""What several tills say of one member, put together."""
