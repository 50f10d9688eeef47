//! A disclosed responder of actix-web.

use actix_web::{HttpRequest, HttpResponse, Responder};

use super::{Disclosed, disclose};

impl<R: Responder> Responder for Disclosed<R> {
    type Body = R::Body;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse<R::Body> {
        disclose(|| self.0.respond_to(request))
    }
}
