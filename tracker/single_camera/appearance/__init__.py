"""What tracks look like: which crops are embedded, how embeddings are averaged, who left and may come back."""
