"""What both halves need once; it imports neither of them."""
