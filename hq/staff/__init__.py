"""Who works at the tills, as the desk says."""
