"""Members, as people at headquarters ask for them and decide about them."""
