# How many logins were refused for each access key id and address, the most frequent first.
#
#     jq -nRrf refusals-by-client.jq /var/log/mongodb/mongod.log
["logins", "address", "accessKeyId", "account", "reasons"],
([inputs | fromjson? | select(.msg == "MONGODB-AWS login refused")
    | .attr | .address = (.remote | sub(":[0-9]+$"; ""))]
  | group_by([.address, .accessKeyId]) | sort_by(-length)[]
  | [length, (last | .address, .accessKeyId, .account),
     (map(.reason) | unique | map(tostring) | join(" "))])
| @tsv
