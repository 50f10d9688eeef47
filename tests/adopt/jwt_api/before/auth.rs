//! Tokens, the user that they name, and passwords.

use std::future::{Ready, ready};
use std::time::{SystemTime, UNIX_EPOCH};

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use jsonwebtoken::{DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};

use super::error::ApiError;

const LIFETIME_SECONDS: u64 = 3_600;

#[derive(Serialize, Deserialize)]
pub struct Claims {
    pub sub: i64,
    pub name: String,
    pub exp: u64,
}

pub struct TokenKeys {
    encoding: EncodingKey,
    decoding: DecodingKey,
}

impl TokenKeys {
    pub fn new(secret: &[u8]) -> Self {
        Self {
            encoding: EncodingKey::from_secret(secret),
            decoding: DecodingKey::from_secret(secret),
        }
    }

    pub fn issue(&self, id: i64, name: &str) -> Result<String, ApiError> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs());
        let claims = Claims { sub: id, name: name.to_owned(), exp: now + LIFETIME_SECONDS };
        Ok(encode(&Header::default(), &claims, &self.encoding)?)
    }

    fn verify(&self, token: &str) -> Result<Claims, ApiError> {
        let token = decode(token, &self.decoding, &Validation::default());
        token.map(|token| token.claims).map_err(|_| ApiError::Unauthorized)
    }
}

/// Who sent the request; a handler that asks for one is for users only.
pub struct CurrentUser {
    pub id: i64,
}

impl CurrentUser {
    fn of(request: &HttpRequest) -> Result<Self, ApiError> {
        let header = request.headers().get(AUTHORIZATION).ok_or(ApiError::Unauthorized)?;
        let header = header.to_str().map_err(|_| ApiError::Unauthorized)?;
        let token = header.strip_prefix("Bearer ").ok_or(ApiError::Unauthorized)?;
        let keys = request.app_data::<Data<TokenKeys>>().ok_or(ApiError::Unauthorized)?;
        let claims = keys.verify(token)?;
        Ok(Self { id: claims.sub })
    }
}

impl FromRequest for CurrentUser {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(request))
    }
}

pub fn hash(password: &str) -> Result<String, ApiError> {
    let cost = Params::new(64, 1, 1, None).map_err(|_| ApiError::Hash)?;
    let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, cost);
    let hash = hasher.hash_password(password.as_bytes()).map_err(|_| ApiError::Hash)?;
    Ok(hash.to_string())
}

pub fn fits(password: &str, hash: &str) -> bool {
    let verify = |hash| Argon2::default().verify_password(password.as_bytes(), &hash);
    PasswordHash::new(hash).is_ok_and(|hash| verify(hash).is_ok())
}
