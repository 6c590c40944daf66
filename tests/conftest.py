"""Shape annotations are checked while the tests run; data come from installed packages or from
code.
"""

from hypothesis import settings
from jaxtyping import install_import_hook

# Before any module of these packages is imported, so that every call's shapes are checked.
install_import_hook(
    ["fathom.decoding", "fathom.networks", "fathom.objectives"], "beartype.beartype"
)

# No test depends on the clock or on chance.
settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")
