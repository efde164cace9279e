"""Text of a condition -> our own nodes, by an allow-list.

The order of the words is checked first, so that sqlglot, which repairs and knows far more words than we want, is handed
only what has the shape of a condition. Of what it reads only the kinds of node named here come through, and each
comparison is checked against the vocabulary at once. Its own words, class names and repairs never reach an author.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from math import ceil, floor, lcm
from typing import Any

from palpate.pathway.condition import (
    And,
    AtLeast,
    Between,
    Compare,
    Derived,
    In,
    Linear,
    Node,
    Not,
    Or,
    Value,
    number,
)
from palpate.pathway.facts import Fact, Vocabulary
from palpate.pathway.faults import did_you_mean, listed

LONGEST = 4_000  # characters in one condition
DEEPEST = 40  # open parentheses at one point
MOST_SIGNS = 100  # of + - * / in one condition
MOST_DIGITS = 15  # of one number: as many as a float keeps
LARGEST = 1 << 40  # of the whole numbers that arithmetic is brought to: times an answer they are still exact as floats
_WORD = r"[A-Za-z_][A-Za-z0-9_]*"
_TOKEN = re.compile(rf"[ \t\r\n]+|{_WORD}|[0-9]+(?:\.[0-9]+)?|'[^'\n]*'|<>|<=|>=|[=<>(),+\-*/]")
_COMPARE = frozenset({"=", "<>", "<", "<=", ">", ">="})
_CALLS = frozenset({"any_of", "at_least", "floor"})
RESERVED = frozenset({"and", "or", "not", "in", "between", "true", "false", *_CALLS})
_INSTEAD = {
    "!": "for 'is not' write <>",
    '"': "for a word write single quotes, as in 'left'",
    ";": "one condition holds no semicolon",
    "'": "this quote is never closed",
    "|": "for 'or' write or",
    "&": "for 'and' write and",
}
FORBIDDEN = {
    "null": "nothing may ask whether an answer is unknown",
    "is": "nothing may ask whether an answer is unknown; compare with = or <>",
    "coalesce": "an unknown answer has no default",
    "ifnull": "an unknown answer has no default",
    "case": "write two rules",
    "like": "compare whole words with =",
    "select": "a condition reads facts only",
}

Expand = Callable[[Any], Node]
Sum = tuple[dict[str, Fraction], Fraction]  # coefficients by fact, and a constant


class Unreadable(ValueError):
    """The condition cannot be accepted; the text says why in our own words."""


def parse_condition(text: str, vocabulary: Vocabulary, expand: Mapping[str, Expand] | None = None) -> Node:
    """The condition that `text` writes.

    Takes    vocabulary: the facts that may be named.
             expand: derived fact -> function that spells out a comparison with it over asked facts.
    Errors   Unreadable, in one sentence: an unknown name, a wrong type, something outside the language.
    """
    builder = _Builder(vocabulary, expand or {})
    tree = _read(text)
    try:
        return builder.condition(tree)
    except RecursionError:
        raise Unreadable("is nested too deep") from None


def parse_arithmetic(text: str, vocabulary: Vocabulary) -> tuple[Sum, bool]:
    """(sum, floored) of plain arithmetic over number facts, such as `floor(a - b / 365.25)`.

    Errors   Unreadable; facts may be added, subtracted and scaled by numbers, not multiplied with each other.
    """
    from sqlglot import exp

    tree = _read(text)
    floored = isinstance(tree, exp.Floor)
    if floored and any(value for key, value in tree.args.items() if key != "this"):
        raise Unreadable("floor(...) takes one thing")
    total = _Builder(vocabulary, {}).sum(tree.this if floored else tree)
    if not total[0]:
        raise Unreadable("names no fact")
    linear(total, "=", Fraction(1))  # raises where its numbers are too large
    return total, floored


def linear(total: Sum, op: str, value: Fraction) -> Linear:
    """`total op value` in whole numbers, so that no rounding can move an edge."""
    terms, constant = total
    scale = lcm(value.denominator, constant.denominator, *(size.denominator for size in terms.values()))
    sizes = tuple((fact, int(size * scale)) for fact, size in terms.items())
    made = Linear(sizes, int(constant * scale), op, int(value * scale))
    if max(abs(size) for size in (made.constant, made.value, *(size for _, size in sizes))) > LARGEST:
        raise Unreadable("calculates with numbers too large or too fine to stay exact")
    return made


def below_floor(total: Sum, op: str, value: Fraction) -> Node:
    """`floor(total) op value` without the floor, so that an unknown total needs no special case.

    floor(x) < k is x < k and floor(x) <= k is x < k + 1, for whole k; other values are brought to whole ones.
    """
    if op in ("=", "<>"):
        whole = value.denominator == 1
        inside = And((linear(total, ">=", value), linear(total, "<", value + 1 if whole else value)))
        return inside if op == "=" else Not(inside)
    if op in ("<", ">="):
        return linear(total, op, Fraction(ceil(value)))
    return linear(total, "<" if op == "<=" else ">=", Fraction(floor(value) + 1))


def _read(text: str) -> Any:
    _check_order(_tokens(text))
    from sqlglot import parse_one

    try:
        return parse_one(text)
    except RecursionError:
        raise Unreadable("is nested too deep") from None
    except Exception:  # a parser of SQL has faults of its own, and whatever it meets the author gets our words
        raise Unreadable("cannot be read; a word or an operator is missing") from None


Token = tuple[str, int]  # as written, and its character


def _tokens(text: str) -> list[Token]:
    """The words and signs of a condition. Errors: Unreadable at the first that is not of the language."""
    if not text.strip():
        raise Unreadable("is empty")
    if len(text) > LONGEST:
        raise Unreadable(f"has {len(text)} characters, at most {LONGEST} are read")
    tokens: list[Token] = []
    at = signs = 0
    while at < len(text):
        if text.startswith(("--", "/*"), at):
            raise Unreadable("a comment stands outside the condition, behind #")
        match = _TOKEN.match(text, at)
        if match is None:
            raise Unreadable(
                f"found {text[at]!a} at character {at + 1}, which is not of the language; {_advice(text[at])}"
            )
        token = match.group()
        if token.lower() in FORBIDDEN:
            raise Unreadable(f"found {token!r} at character {at + 1}: {FORBIDDEN[token.lower()]}")
        if token[0].isdigit() and sum(map(str.isdigit, token)) > MOST_DIGITS:
            raise Unreadable(f"found a number of more than {MOST_DIGITS} digits at character {at + 1}")
        signs += token in ("+", "-", "*", "/")
        if signs > MOST_SIGNS:
            raise Unreadable(f"calculates in more than {MOST_SIGNS} steps")
        if not token.isspace():
            tokens.append((token, at + 1))
        at = match.end()
    return tokens


def _check_order(tokens: list[Token]) -> None:
    """That operands and operators take turns, and parentheses close. Errors: Unreadable where they do not."""
    depth, complete = 0, False  # complete: an operand stands before, and an operator or the end may follow
    for index, (token, at) in enumerate(tokens):
        before = tokens[index - 1][0] if index else ""
        after = tokens[index + 1][0] if index + 1 < len(tokens) else ""
        word = token.lower()
        if token == "(":
            if complete:
                raise Unreadable(_called(before, at))
            depth += 1
            if depth > DEEPEST:
                raise Unreadable("is nested too deep")
            if after == ")":
                raise Unreadable(f"nothing stands in the parentheses at character {at}")
        elif token == ")":
            depth -= 1
            if depth < 0:
                raise Unreadable(f"the parenthesis at character {at} closes nothing")
            _needs(complete, before, token, at)
        elif word == "not":
            if complete and after.lower() not in ("in", "between"):
                raise Unreadable(f"an operator is missing before {token!r} at character {at}")
            if before.lower() == "not":
                raise Unreadable(f"not stands twice at character {at}")
            complete = False
        elif word in ("and", "or", "in", "between", ",", "*", "/", "+") or token in _COMPARE:
            _needs(complete or (word in ("in", "between") and before.lower() == "not"), before, token, at)
            if word == "in" and after != "(":
                raise Unreadable("in needs values in parentheses behind it, as in (1, 2)")
            complete = False
        elif token == "-":
            if not complete and not after[:1].isdigit():
                raise Unreadable(f"a minus at character {at} stands before no number")
            complete = False
        elif word in _CALLS and after == "(":
            _needs(not complete, before, token, at, "an operator")
        else:
            _needs(not complete, before, token, at, "an operator")
            complete = True
    if depth:
        raise Unreadable("a parenthesis is never closed")
    if not complete:
        raise Unreadable(f"breaks off behind {tokens[-1][0]!r}; a word is missing")


def _needs(good: bool, before: str, token: str, at: int, what: str = "a word") -> None:
    if not good:
        where = f"between {before!r} and {token!r}" if before else f"before {token!r}"
        raise Unreadable(f"{what} is missing {where} at character {at}")


def _called(name: str, at: int) -> str:
    if re.fullmatch(_WORD, name):
        return f"holds {name}(...), and the language has only any_of, at_least and, in derived facts, floor"
    return f"an operator is missing between {name!r} and '(' at character {at}"


def _advice(sign: str) -> str:
    return _INSTEAD.get(sign, "it knows names, numbers, 'words', = <> < <= > >=, in, between, and, or, not")


class _Builder:
    def __init__(self, vocabulary: Vocabulary, expand: Mapping[str, Expand]) -> None:
        from sqlglot import exp

        self.exp = exp
        self.vocabulary = vocabulary
        self.expand = expand
        self.compare_ops = {
            exp.EQ: "=",
            exp.NEQ: "<>",
            exp.LT: "<",
            exp.LTE: "<=",
            exp.GT: ">",
            exp.GTE: ">=",
        }

    def condition(self, tree: Any) -> Node:
        exp = self.exp
        if isinstance(tree, exp.Paren):
            return self.condition(tree.this)
        if isinstance(tree, exp.And):
            return And(self._flat(tree, exp.And))
        if isinstance(tree, exp.Or):
            return Or(self._flat(tree, exp.Or))
        if isinstance(tree, exp.Not):
            return self._not(self.condition(tree.this))
        if isinstance(tree, exp.Column):
            return self._bare(tree)
        if isinstance(tree, exp.Anonymous):
            return self._call(tree)
        if isinstance(tree, exp.In):
            return self._in(tree)
        if isinstance(tree, exp.Between):
            return self._between(tree)
        if type(tree) in self.compare_ops:
            return self._compare(tree, self.compare_ops[type(tree)])
        raise Unreadable(f"has {self._quote(tree)} where a condition is expected")

    def _flat(self, tree: Any, kind: type) -> tuple[Node, ...]:
        items: list[Node] = []
        stack = [tree]
        while stack:
            part = stack.pop()
            if isinstance(part, kind):
                stack += [part.expression, part.this]  # type: ignore[attr-defined]
            else:
                items.append(self.condition(part))
        return tuple(items)

    def _not(self, node: Node) -> Node:
        if isinstance(node, Compare) and node.op == "=" and node.value is True:
            return Compare(node.fact, "=", False)
        if isinstance(node, Derived) and isinstance(node.said, Compare) and node.said.value is True:
            return self._derived(Compare(node.said.fact, "=", False))
        return Not(node)

    def _bare(self, tree: Any) -> Node:
        fact = self._fact(tree)
        if fact.kind != "bool":
            raise Unreadable(f"{fact.name} stands alone, but is no yes-or-no fact; compare it with a value")
        return self._derived(Compare(fact.name, "=", True))

    def _call(self, tree: Any) -> Node:
        name = str(tree.this).lower()
        items = list(tree.expressions)
        if name == "any_of":
            if len(items) < 2:
                raise Unreadable("any_of needs two conditions or more")
            return Or(tuple(self.condition(item) for item in items))
        if name == "at_least":
            if not items or not self._is_number(items[0]):
                raise Unreadable("at_least begins with a number, as in at_least(2, a, b, c)")
            n, rest = self._number(items[0]), items[1:]
            if n != int(n) or not 1 <= n <= len(rest):
                raise Unreadable(
                    f"at_least({number(n)}, ...) needs a whole number from 1 to the {len(rest)} conditions given"
                )
            return AtLeast(int(n), tuple(self.condition(item) for item in rest))
        raise Unreadable(_called(name, 0))

    def _in(self, tree: Any) -> Node:
        fact = self._fact(tree.this)
        if fact.kind == "bool":
            raise Unreadable(f"{fact.name} is a yes-or-no fact; it stands alone or behind not")
        values = [self._value(fact, item) for item in tree.expressions]
        if len(set(values)) < len(values):
            raise Unreadable(f"names a value of {fact.name} twice")
        return self._derived(In(fact.name, tuple(values)))

    def _between(self, tree: Any) -> Node:
        fact = self._number_fact(tree.this)
        low, high = self._value(fact, tree.args["low"]), self._value(fact, tree.args["high"])
        if low > high:  # type: ignore[operator]
            raise Unreadable(f"{fact.name} between {low} and {high} can never hold: the first number is the larger")
        return self._derived(Between(fact.name, float(low), float(high)))

    def _compare(self, tree: Any, op: str) -> Node:
        exp = self.exp
        left, right = tree.this, tree.expression
        if not isinstance(left, exp.Column) or (self._fact(left).is_number and self._calculates(right)):
            return self._linear(left, op, right)
        fact = self._fact(left)
        if op not in ("=", "<>") and not fact.is_number:
            raise Unreadable(f"{fact.name} is no number, so {op} says nothing about it; use = or <>")
        if fact.kind == "bool":
            if not isinstance(right, exp.Boolean):
                raise Unreadable(f"{fact.name} is a yes-or-no fact; compare it with true or false")
            return self._derived(Compare(fact.name, "=", bool(right.this) == (op == "=")))
        value = self._value(fact, right)
        if fact.is_number:
            self._useful(fact, op, value)  # type: ignore[arg-type]
        return self._derived(Compare(fact.name, op, value))

    def _useful(self, fact: Fact, op: str, value: float) -> None:
        never = (op == "<" and value <= fact.low) or (op == ">" and value >= fact.high)
        always = (op == "<=" and value >= fact.high) or (op == ">=" and value <= fact.low)
        if never or always:
            word = "never" if never else "always"
            raise Unreadable(
                f"{fact.name} {op} {number(value)} {word} holds: it goes from {number(fact.low)} to {number(fact.high)}"
            )

    def _linear(self, left: Any, op: str, right: Any) -> Node:
        terms, constant = self.sum(left)
        more, other = self.sum(right)
        for fact, size in more.items():
            terms[fact] = terms.get(fact, Fraction(0)) - size
        terms = {fact: size for fact, size in terms.items() if size}
        if not terms:
            raise Unreadable("compares nothing that could be known about a person")
        if op in ("=", "<>") and len(terms) > 1:
            raise Unreadable(
                f"asks whether sums of facts are exactly {'equal' if op == '=' else 'unequal'}; use < <= > >="
            )
        return linear((terms, constant), op, other)

    def _derived(self, said: Compare | In | Between) -> Node:
        spell = self.expand.get(said.fact)
        return said if spell is None else Derived(said, spell(said))

    def sum(self, tree: Any) -> Sum:
        """Plain arithmetic as coefficients by fact, and a constant."""
        exp = self.exp
        if isinstance(tree, exp.Paren):
            return self.sum(tree.this)
        if isinstance(tree, exp.Column):
            fact = self._number_fact(tree)
            if fact.name in self.expand:
                raise Unreadable(f"{fact.name} is derived; arithmetic takes only facts that are asked or counted")
            return {fact.name: Fraction(1)}, Fraction(0)
        if self._is_number(tree):
            return {}, self._exact(tree)
        if isinstance(tree, (exp.Add, exp.Sub)):
            sign = 1 if isinstance(tree, exp.Add) else -1
            terms, constant = self.sum(tree.this)
            more, other = self.sum(tree.expression)
            for name, size in more.items():
                terms[name] = terms.get(name, Fraction(0)) + sign * size
            return terms, constant + sign * other
        if isinstance(tree, (exp.Mul, exp.Div)):
            left, right = self.sum(tree.this), self.sum(tree.expression)
            if isinstance(tree, exp.Mul) and not left[0]:
                left, right = right, left
            if right[0]:
                raise Unreadable(
                    "multiplies or divides by a fact; facts may be added, subtracted and scaled by numbers"
                )
            factor = right[1]
            if isinstance(tree, exp.Div):
                if not factor:
                    raise Unreadable("divides by zero")
                return {fact: size / factor for fact, size in left[0].items()}, left[1] / factor
            return {fact: size * factor for fact, size in left[0].items()}, left[1] * factor
        raise Unreadable(f"has {self._quote(tree)} where a number or a fact that is a number is expected")

    def _calculates(self, tree: Any) -> bool:
        exp = self.exp
        return tree.find(exp.Column, exp.Add, exp.Sub, exp.Mul, exp.Div) is not None

    def _number_fact(self, tree: Any) -> Fact:
        fact = self._fact(tree)
        if not fact.is_number:
            raise Unreadable(f"{fact.name} is no number")
        return fact

    def _fact(self, tree: Any) -> Fact:
        if not isinstance(tree, self.exp.Column):
            raise Unreadable(f"has {self._quote(tree)} where the name of a fact is expected")
        name = tree.name
        if name not in self.vocabulary:
            raise Unreadable(f"names {name}, and no fact is called that{did_you_mean(name, self.vocabulary.facts)}")
        return self.vocabulary[name]

    def _value(self, fact: Fact, tree: Any) -> Value:
        exp = self.exp
        if isinstance(tree, exp.Paren):
            return self._value(fact, tree.this)
        if fact.is_number:
            if not self._is_number(tree):
                raise Unreadable(f"compares {fact.name} with {self._quote(tree)}, expected {fact.expected()}")
            value: Value = self._number(tree)
            if float(value).is_integer():
                value = int(value)
        elif isinstance(tree, exp.Literal) and tree.is_string:
            value = str(tree.this)
        else:
            name = tree.name if isinstance(tree, exp.Column) else self._quote(tree)
            hint = f"; for the word write '{name}'" if isinstance(tree, exp.Column) else ""
            raise Unreadable(f"compares {fact.name} with {name}, expected a word in single quotes{hint}")
        wrong = fact.wrong(value)
        if wrong:
            raise Unreadable(
                f"compares {fact.name} with {value!r}: it is {self._kind(fact)}{did_you_mean(str(value), fact.values)}"
            )
        return value

    def _kind(self, fact: Fact) -> str:
        if fact.kind == "enum":
            return "one of " + listed(list(fact.values), 9)
        return fact.expected()

    def _is_number(self, tree: Any) -> bool:
        exp = self.exp
        if isinstance(tree, exp.Neg):
            return self._is_number(tree.this)
        return isinstance(tree, exp.Literal) and not tree.is_string

    def _exact(self, tree: Any) -> Fraction:
        if isinstance(tree, self.exp.Neg):
            return -self._exact(tree.this)
        return Fraction(str(tree.this))

    def _number(self, tree: Any) -> float:
        return float(self._exact(tree))

    def _quote(self, tree: Any) -> str:
        """What stands there, in an author's words and never in sqlglot's."""
        exp = self.exp
        if isinstance(tree, exp.Paren):
            return self._quote(tree.this)
        if isinstance(tree, exp.Column):
            return str(tree.name)
        if isinstance(tree, exp.Literal):
            return repr(str(tree.this)) if tree.is_string else str(tree.this)
        if isinstance(tree, exp.Boolean):
            return "true" if tree.this else "false"
        if isinstance(tree, exp.Anonymous):
            return f"{tree.this}(...)"
        if isinstance(tree, exp.Floor):
            return "floor(...)"
        if isinstance(tree, (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Neg)):
            return "a calculation"
        if isinstance(tree, (*self.compare_ops, exp.In, exp.Between)):
            return "a comparison"
        if isinstance(tree, (exp.And, exp.Or, exp.Not)):
            return "a condition"
        if isinstance(tree, exp.Tuple):
            return "a list"
        return "a word that is not of the language"
