"""The Merkle tree of RFC 6962 over a journal's lines: hashes, roots, and proofs both ways."""

from hashlib import sha256


def leaf(line: bytes) -> bytes:
    return sha256(b"\x00" + line).digest()


def node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def widths(size: int) -> list[int]:
    """The complete subtrees of a tree of this size, the largest first."""
    return [1 << bit for bit in reversed(range(size.bit_length())) if size >> bit & 1]


def bag(peaks: list[bytes]) -> bytes:
    """The root of the tree that has these peaks."""
    if not peaks:
        return sha256().digest()
    root = peaks[-1]
    for peak in reversed(peaks[:-1]):
        root = node(peak, root)
    return root


class Frontier:
    """A tree that grows: only its peaks are kept."""

    def __init__(self, size: int = 0, peaks: list[bytes] | None = None):
        self.size, self.peaks = size, list(peaks or [])
        if len(self.peaks) != len(widths(size)):
            raise ValueError("so many peaks are of another size")

    @classmethod
    def over(cls, leaves: list[bytes]) -> "Frontier":
        frontier = cls()
        for hash_ in leaves:
            frontier.with_leaf(hash_)
        return frontier

    def with_leaf(self, hash_: bytes) -> "Frontier":
        size = self.size
        while size & 1:
            hash_, size = node(self.peaks.pop(), hash_), size >> 1
        self.peaks.append(hash_)
        self.size += 1
        return self

    def root(self) -> bytes:
        return bag(self.peaks)


def root(leaves: list[bytes]) -> bytes:
    return Frontier.over(leaves).root()


def split(size: int) -> int:
    """The greatest power of two below a size."""
    return 1 << (size - 1).bit_length() - 1


def included(root_: bytes, size: int, index: int, hash_: bytes, proof: list[bytes]) -> bool:
    """RFC 9162, section 2.1.3.2."""
    if index >= size:
        return False
    place, last = index, size - 1
    for other in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            hash_ = node(other, hash_)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            hash_ = node(hash_, other)
        place, last = place >> 1, last >> 1
    return last == 0 and hash_ == root_


def consistency(leaves: list[bytes], old: int) -> list[bytes]:
    """The proof that a tree over these leaves goes on from the one over the first `old` of them."""

    def proof(low: int, high: int, size: int, whole: bool) -> list[bytes]:
        if size == high - low:
            return [] if whole else [root(leaves[low:high])]
        middle = split(high - low)
        if size <= middle:
            return proof(low, low + middle, size, whole) + [root(leaves[low + middle : high])]
        return proof(low + middle, high, size - middle, False) + [root(leaves[low : low + middle])]

    return proof(0, len(leaves), old, True)


def consistent(old: tuple[int, bytes], new: tuple[int, bytes], proof: list[bytes]) -> bool:
    """RFC 9162, section 2.1.4.2."""
    (old_size, old_root), (new_size, new_root) = old, new
    if old_size == new_size:
        return not proof and old_root == new_root
    if not 0 < old_size < new_size:
        return False
    rest = list(proof)
    if old_size & (old_size - 1) == 0:
        rest.insert(0, old_root)
    if not rest:
        return False
    place, last = old_size - 1, new_size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    seen_old = seen_new = rest[0]
    for other in rest[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            seen_old, seen_new = node(other, seen_old), node(other, seen_new)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            seen_new = node(seen_new, other)
        place, last = place >> 1, last >> 1
    return last == 0 and seen_old == old_root and seen_new == new_root
