"""Signing in, and one's own password."""

from __future__ import annotations

from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from frontend.forms.accounts import PasswordForm
from frontend.http import PageRequest, action, done, page
from governance.accounts import services

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


@page
def password(request: PageRequest) -> HttpResponse:
    """One's own password."""
    return _show(request, PasswordForm())


@action(verb="accounts.password.change", page="password", form=PasswordForm)
def change_password(request: PageRequest) -> HttpResponse:
    """Choose another password; only this session goes on."""
    form = PasswordForm(request.POST)
    if form.is_valid():
        with form.refusals():
            changed = services.change_password(**form.cleaned_data, by=request.user, at=timezone.now())
            update_session_auth_hash(request, changed)
            return done(request, "Your password is changed. You are signed out everywhere else.", "home")
    return _show(request, form)


def _show(request: PageRequest, form: PasswordForm) -> HttpResponse:
    return render(request, "accounts/password.html", {"form": form}, status=form.status)
