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
  1  something is wrong: a check failed, an identity cannot log in, nothing explains the message
  2  the command line or a file that it names cannot be used";

/// Behind `whoami`'s.
pub const WHOAMI: &str = "\
Examples:
  mongodb-aws-auth whoami --grant readWrite@shop --grant read@stock
  mongodb-aws-auth whoami --profile jane
  mongodb-aws-auth whoami --arn arn:aws:iam::123456789012:role/team/shop-app

Credentials are looked for in this order, as AWS's tools do: --profile; AWS_ACCESS_KEY_ID and
AWS_SECRET_ACCESS_KEY; AWS_PROFILE or the default profile; a web identity; a container's; an instance's.

Environment:
  AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN  credentials
  AWS_PROFILE, AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE    the profile and where it stands
  AWS_REGION, AWS_DEFAULT_REGION                               region whose STS is asked
  AWS_ENDPOINT_URL_STS, AWS_ENDPOINT_URL                       another address of STS
  AWS_CA_BUNDLE                                                further certificate authorities
  https_proxy, all_proxy, no_proxy                             the way to STS";

/// Behind `check`'s.
pub const CHECK: &str = "\
Examples:
  sudo -u mongod mongodb-aws-auth check --config /etc/mongod.conf
  mongodb-aws-auth check --config /etc/mongod.conf --users users.json --offline
  mongodb-aws-auth check --config /etc/mongod.conf --mongod /opt/mongodb/bin/mongod

Environment:
  https_proxy, no_proxy  looked at where neither --pid nor --environment names the service's own
  AWS_...                credentials for the login, as of whoami";

/// Behind `principal`'s.
pub const PRINCIPAL: &str = "\
Example:
  mongodb-aws-auth principal arn:aws:sts::123456789012:assumed-role/shop-app/i-0abc";

/// Behind `options`'.
pub const OPTIONS: &str = "\
Examples:
  mongodb-aws-auth options timeout
  mongodb-aws-auth options --plugin /usr/lib/mongodb-aws-auth/libmongodb_aws_auth.so.1";

/// Behind `explain`'s.
pub const EXPLAIN: &str = "\
Examples:
  mongodb-aws-auth explain 304
  mongodb-aws-auth explain code 18
  mongodb-aws-auth explain SignatureDoesNotMatch
  grep MONGODB-AWS /var/log/mongodb/mongod.log | tail -n 1 | mongodb-aws-auth explain";

/// Behind `completions`'.
pub const COMPLETIONS: &str = "\
Examples:
  mongodb-aws-auth completions bash > ~/.local/share/bash-completion/completions/mongodb-aws-auth
  mongodb-aws-auth completions fish > ~/.config/fish/completions/mongodb-aws-auth.fish";

/// Behind `man`'s.
pub const MAN: &str = "\
Example:
  mongodb-aws-auth man | man -l -";
