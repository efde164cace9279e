"""The pathway over a population: the same decisions, for millions of decision points at once.

An answer is a small integer in a column, a comparison is one bit per person, and a rule is a few operations over whole
columns of bits. What the columns cannot settle is handed, person by person, to the decision of `pathway` itself; so
there is one meaning, and the columns are only a faster way to it.
"""
