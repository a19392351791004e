# Each refused login as a row of tab-separated values, below a head.
#
#     jq -nRrf refusals.jq /var/log/mongodb/mongod.log
["time", "remote", "reason", "group", "detail", "account", "accessKeyId", "stsRequestId"],
(inputs | fromjson? | select(.msg == "MONGODB-AWS login refused")
  | [.t."$date"] + (.attr
    | [.remote, .reason, .group, .detail, .account, .accessKeyId, .stsRequestId]))
| @tsv
