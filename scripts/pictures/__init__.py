"""Pictures of the pages, in every state: scripts/screenshots."""
