"""Finding records by the words in them: `folding` says what a word is, `index` where each stands,
`search` which records a question finds."""
