"""When the two halves do not fit: a till that is two machines, a headquarters that was put back."""
