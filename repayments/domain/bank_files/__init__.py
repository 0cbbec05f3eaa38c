"""Bank statement files as plain values: CSV by declared layouts, camt.053 and MT940. Nothing here touches the book."""
