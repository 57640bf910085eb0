"""When what must be one is two: machines that speak as the same till, and a headquarters that was put back."""
