//! Texts behind the options in the help and in the manual pages.

/// Behind the tool's own help.
pub const TOOL: &str = "\
Examples:
  mongodb-aws-auth whoami --grant readWrite@shop
  sudo -u mongod mongodb-aws-auth check --config /etc/mongod.conf
  mongodb-aws-auth explain 304

Environment:
  NO_COLOR  no colours, also on a terminal
  COLUMNS   width of the lines; otherwise the terminal's, or 80

Exit status:
  0  nothing is wrong (warnings do not count)
  1  a check failed, an identity cannot log in, or nothing explains the message
  2  the command line, a file that it names or standard output cannot be used";

/// Behind `whoami`'s.
pub const WHOAMI: &str = "\
Examples:
  mongodb-aws-auth whoami --grant readWrite@shop --grant read@stock
  mongodb-aws-auth whoami --profile jane
  mongodb-aws-auth whoami --arn arn:aws:iam::123456789012:role/team/shop-app

Credentials are looked for in this order, as AWS's tools do:
  --profile; otherwise AWS_ACCESS_KEY_ID with AWS_SECRET_ACCESS_KEY; the
  profile of AWS_PROFILE, or default; web identity; container; EC2 instance

Environment:
  AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN
      credentials
  AWS_PROFILE, AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE
      the profile, and the files that have it
  AWS_REGION, AWS_DEFAULT_REGION
      the region whose STS is asked
  AWS_ENDPOINT_URL_STS, AWS_ENDPOINT_URL
      another address of STS
  AWS_CA_BUNDLE
      further certificate authorities
  https_proxy, no_proxy
      the route to STS";

/// Behind `check`'s.
pub const CHECK: &str = "\
Examples:
  sudo -u mongod mongodb-aws-auth check --config /etc/mongod.conf
  mongodb-aws-auth check --config /etc/mongod.conf --users users.json --offline
  mongodb-aws-auth check --config mongod.conf --mongod /opt/mongodb/bin/mongod

Environment:
  https_proxy, no_proxy
      where neither --pid nor --environment names the service's own
  AWS_ACCESS_KEY_ID, AWS_PROFILE, ...
      credentials for the login, as of whoami";

/// Behind `principal`'s.
pub const PRINCIPAL: &str = "\
Example:
  mongodb-aws-auth principal arn:aws:iam::123456789012:role/team/shop-app";

/// Behind `options`'.
pub const OPTIONS: &str = "\
Examples:
  mongodb-aws-auth options timeout
  mongodb-aws-auth options awsStsHost awsStsEndpoint";

/// Behind `explain`'s.
pub const EXPLAIN: &str = "\
Examples:
  mongodb-aws-auth explain 304
  mongodb-aws-auth explain code 18
  mongodb-aws-auth explain 301 302
  mongodb-aws-auth explain SignatureDoesNotMatch
  grep MONGODB-AWS mongod.log | tail -n 1 | mongodb-aws-auth explain";

/// Behind `completions`'.
pub const COMPLETIONS: &str = "\
Examples:
  source <(mongodb-aws-auth completions bash)
  mongodb-aws-auth completions fish | source";

/// Behind `man`'s.
pub const MAN: &str = "\
Example:
  mongodb-aws-auth man | man -l -";
