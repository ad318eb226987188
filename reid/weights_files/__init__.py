"""Reading weights safely, ours and those of others, and averaging them."""
