"""What a barcode says in the language of GS1, the standards body of retail."""
