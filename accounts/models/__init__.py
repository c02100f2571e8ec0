"""Users, their posts, their API tokens."""

from accounts.models.post import Post
from accounts.models.token import ApiToken
from accounts.models.user import User

__all__ = ["ApiToken", "Post", "User"]
