# The warnings and errors of the plugin and of the server about it.
#
#     jq -nRrf warnings.jq /var/log/mongodb/mongod.log
["time", "severity", "message", "text"],
(inputs | fromjson?
  | select(.msg == "MONGODB-AWS" or .msg == "MONGODB-AWS plugin")
  | select(.s == "W" or .s == "E")
  | [.t."$date", .s, .attr.message, .attr.text])
| @tsv
