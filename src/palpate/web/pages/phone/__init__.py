"""Pages on a person's own telephone: by a link, without an account, in the person's language."""
