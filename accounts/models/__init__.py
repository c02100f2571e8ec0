"""Users, their posts, their API tokens."""

from accounts.models.post import Post
from accounts.models.token import ApiToken
from accounts.models.user import User
from accounts.models.visit import BlockVisit

__all__ = ["ApiToken", "BlockVisit", "Post", "User"]
