"""Signing in."""

from __future__ import annotations

from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import HttpResponse

BEFORE = "here_before"
"""Where the session keeps when its owner was here before this visit."""


class SignIn(LoginView):
    """Sign in by address and password; remembers when one was here before."""

    template_name = "accounts/sign_in.html"
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Sign in, then keep the time of the visit before, which signing in overwrites."""
        before = form.get_user().last_login
        response = super().form_valid(form)
        if before is not None:
            self.request.session[BEFORE] = before.isoformat()
        return response
