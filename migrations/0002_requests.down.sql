DROP TABLE IF EXISTS nchat_social_requests;
