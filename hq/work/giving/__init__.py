"""What headquarters gives by itself: for friends whose till did not know who brought them, and of what others lost."""
