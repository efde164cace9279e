"""What is sent to people, in which words, and who has to be called instead."""
