// The Go driver as a program: see ../README.md for what it is asked and answers.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"
	"go.mongodb.org/mongo-driver/version"
	"go.mongodb.org/mongo-driver/x/mongo/driver"
)

type answer map[string]interface{}

func say(what answer) {
	text, err := json.Marshal(what)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(text))
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "version" {
		say(answer{"version": version.Driver[1:]})
		return
	}
	if err := talk(context.Background(), os.Args[1], os.Args[2], os.Args[3:]); err != nil {
		say(answer{"code": code(err), "message": err.Error()})
	}
}

// code is the number that the server answered with, or nil if it was not the server who refused.
func code(err error) interface{} {
	var command mongo.CommandError
	if errors.As(err, &command) {
		return command.Code
	}
	var failure driver.Error
	if errors.As(err, &failure) {
		return failure.Code
	}
	return nil
}

func talk(ctx context.Context, action, uri string, more []string) error {
	client, err := mongo.Connect(ctx, options.Client().ApplyURI(uri))
	if err != nil {
		return err
	}
	defer client.Disconnect(ctx)
	find := func() error {
		err := client.Database("shop").Collection("products").FindOne(ctx, bson.M{"_id": "none"}).Err()
		if errors.Is(err, mongo.ErrNoDocuments) {
			return nil
		}
		return err
	}
	switch action {
	case "login":
		return login(ctx, client)
	case "pool":
		return pool(more[0], find)
	case "restart":
		if err := find(); err != nil {
			return err
		}
		say(answer{"ready": true})
		if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil {
			return err
		}
		if err := find(); err != nil {
			return err
		}
		say(answer{"found": 1})
	}
	return nil
}

func login(ctx context.Context, client *mongo.Client) error {
	var status struct {
		AuthInfo struct {
			AuthenticatedUsers []struct{ User string } `bson:"authenticatedUsers"`
		} `bson:"authInfo"`
	}
	reply := client.Database("admin").RunCommand(ctx, bson.D{{Key: "connectionStatus", Value: 1}})
	if err := reply.Decode(&status); err != nil {
		return err
	}
	say(answer{"user": status.AuthInfo.AuthenticatedUsers[0].User})
	return nil
}

func pool(count string, find func() error) error {
	number, err := strconv.Atoi(count)
	if err != nil {
		return err
	}
	failures := make(chan error)
	for i := 0; i < number; i++ {
		go func() { failures <- find() }()
	}
	for i := 0; i < number; i++ {
		if err := <-failures; err != nil {
			return err
		}
	}
	say(answer{"found": number})
	return nil
}
