"""What both halves say to each other on the line, apart from entries and the feed."""
