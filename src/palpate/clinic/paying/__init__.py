"""What people pay: receipts with numbers that have no gap, and packages of sessions that are used and refunded by rule.

    sums      the arithmetic: shares of a package, refunds, tax, amounts in words; no store
    tongues   the languages in which a receipt is printed
    rules     what stands on receipts, and the rule for refunds
    packages  selling a package, taking a session from it, and what is due back when massage stops
    receipts  making a receipt, cancelling one, refunding the rest of a package

Call what changes something inside an act.
"""
